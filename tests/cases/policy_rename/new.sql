alter policy own on doc rename to doc_own;
