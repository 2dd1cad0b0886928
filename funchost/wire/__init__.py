"""One codec module per wire format. Our names inside, theirs only here."""
