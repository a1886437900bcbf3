"""What texts say to people, held against the data: figures, periods, laws, telephones, outcomes."""
