alter type role add value 'guest' before 'user';
alter type role add value 'owner';
