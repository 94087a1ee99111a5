"""What is concluded from runs."""
