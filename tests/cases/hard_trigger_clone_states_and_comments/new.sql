drop trigger touch on m;
