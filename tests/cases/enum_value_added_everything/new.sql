alter type mood add value 'ecstatic' after 'happy';
