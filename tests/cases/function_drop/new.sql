drop function slug(text);
