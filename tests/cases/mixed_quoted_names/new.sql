drop schema "My Schema" cascade;
