alter sequence q set unlogged;
