"""More than one machine: the set-up of docs/scaling, on loopback, under load."""
