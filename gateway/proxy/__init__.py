"""The shell: connections, deadlines and bytes on either carrier."""
