"""What waits for a second person: gathered from every service that asks for one, shown, and decided on."""
