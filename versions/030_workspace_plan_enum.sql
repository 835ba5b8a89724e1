-- plan was text + check; make it a type before billing builds on it
create type identity.plan as enum ('free', 'team', 'business');

alter table identity.workspaces drop constraint workspaces_plan_check;
alter table identity.workspaces alter column plan drop default;
alter table identity.workspaces alter column plan type identity.plan using plan::identity.plan;
alter table identity.workspaces alter column plan set default 'free';
