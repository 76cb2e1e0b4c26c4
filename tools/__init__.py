"""What a developer runs; nothing here is installed on a unit."""
