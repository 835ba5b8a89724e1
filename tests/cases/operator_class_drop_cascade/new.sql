drop operator family rev using btree cascade;
