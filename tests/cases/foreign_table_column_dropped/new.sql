alter foreign table remote drop column last_one;
