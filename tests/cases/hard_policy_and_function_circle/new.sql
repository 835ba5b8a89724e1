drop policy p on doc;
drop view v;
drop function visible(doc);
