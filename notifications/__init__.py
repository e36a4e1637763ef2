"""Delivers messages, mail first; knows neither requests nor challenges."""
