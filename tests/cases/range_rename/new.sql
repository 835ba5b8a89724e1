alter type span rename to numspan;
alter type numspan set schema t;
