alter type address add attribute city text;
