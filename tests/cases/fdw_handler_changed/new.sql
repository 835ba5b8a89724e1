alter foreign data wrapper mine no validator;
create foreign table passwd (line text) server files options (filename '/etc/hostname');
