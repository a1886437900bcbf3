"""The ground: what every refusal is, its code and its text for the person concerned."""
