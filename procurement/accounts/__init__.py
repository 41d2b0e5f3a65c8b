"""People, their roles, how they sign in; a row becomes an `Actor`."""
