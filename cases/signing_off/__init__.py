"""What takes two people: a version comes into force by the proposal of one and the consent of another."""
