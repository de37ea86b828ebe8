"""Campaigns of faults, one idea a file; `campaign.py` says what one is."""
