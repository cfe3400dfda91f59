"""What a case's page shows, part by part."""
