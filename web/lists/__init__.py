"""Every long list of the house: one declaration each, one query, one page, one export."""
