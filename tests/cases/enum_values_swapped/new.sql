alter type mood rename value 'a' to 'c';
alter type mood rename value 'b' to 'a';
alter type mood rename value 'c' to 'b';
