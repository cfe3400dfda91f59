"""Every metric and log field, named in one place."""
