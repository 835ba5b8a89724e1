alter type address rename to addr;
alter type addr set schema types;
