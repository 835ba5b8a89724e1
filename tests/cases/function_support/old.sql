create function starts(text, text) returns boolean language internal immutable strict support textlike_support as 'text_starts_with';
