alter type mood rename value 'sad' to 'blue';
alter type state rename value 'sent' to 'shipped';
alter type state add value 'returned' after 'shipped';
alter type state add value 'draft' before 'new';
