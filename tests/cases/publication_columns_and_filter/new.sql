alter publication p set table t (id, secret) where (id < 100);
