create table t (a int check (a > 0), b text constraint b_known check (b in ('x', 'y')), check (a < 100) no inherit);
