alter statistics t_ab rename to t_corr;
alter statistics t_corr set schema st;
