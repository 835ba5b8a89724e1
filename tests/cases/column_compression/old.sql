create table t (body text compression pglz, other text);
