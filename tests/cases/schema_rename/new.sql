alter schema sales rename to crm;
