alter publication p drop tables in schema app;
alter publication p add tables in schema web;
alter publication p add table app.t;
