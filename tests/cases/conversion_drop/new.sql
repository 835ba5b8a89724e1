drop conversion my_latin;
