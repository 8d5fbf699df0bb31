"""bccpilot: requests in plain language, the right bcc tool, checked, run and explained."""

__version__ = "0.1.0"
