"""Files of products as shops have them enter, tables of text cells with their lines leave."""
