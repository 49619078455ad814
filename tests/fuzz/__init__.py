"""Made-up requests and files enter the shop by the thousand; none may break it or leave a trace."""
