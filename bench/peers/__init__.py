"""Peers of the gateway: what people would put in its place, written as a competent user would write it."""
