drop function starts(text, text);
