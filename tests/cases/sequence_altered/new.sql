alter sequence q increment 10 maxvalue 1000 cache 20 cycle;
alter sequence r as bigint no minvalue no cycle start 1;
