alter type level add value 'middle' before 'high';
