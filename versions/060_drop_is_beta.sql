-- The beta ended in March. Who took part is in the data warehouse.
ALTER TABLE identity.users DROP COLUMN is_beta;
