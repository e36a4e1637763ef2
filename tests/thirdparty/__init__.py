"""Third parties as their own pages describe them, small enough to run beside a test."""
