"""The embedded store: SeaweedFS, its program and its process."""
