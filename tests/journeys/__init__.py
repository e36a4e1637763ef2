"""Whole journeys: from the filing to the last letter, by the pages and by the API."""
