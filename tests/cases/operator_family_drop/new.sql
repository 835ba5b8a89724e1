drop operator family numbers using hash;
