create schema "My Schema";
create type "My Schema"."Kind Of" as enum ('A b', 'c''d');
create table "My Schema"."Order" (
  "Id" serial primary key, "select" int default 1 check ("select" > 0), "Kind" "My Schema"."Kind Of" default 'A b', "100%" text, ":colon" text
);
create index "My Index" on "My Schema"."Order" ("Kind", lower("100%"));
create view "My Schema"."All" as select "Id" as "ID", "100%" from "My Schema"."Order" where ":colon" = ':x';
create function "My Schema"."Do It"("Arg One" int) returns int language sql as 'select "Arg One"';
create function "My Schema".trg() returns trigger language plpgsql as 'begin return new; end';
create trigger "The Trigger" before update of "select" on "My Schema"."Order" for each row execute function "My Schema".trg();
create policy "The Policy" on "My Schema"."Order" using ("select" = 1);
comment on column "My Schema"."Order"."100%" is 'all % of it :x';
grant select ("100%") on "My Schema"."Order" to shop_reader;
