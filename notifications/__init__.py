"""Delivers messages. Knows neither requests nor identity checks; also holds the cryptography all apps share."""
